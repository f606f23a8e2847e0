// The words of the port book.
import type { LinkOpener, PortHolder, TtyPort } from '../../link/index.js';

export type PortUser = 'modem' | 'gnss';

export interface FoundPort {
  /** What was opened. */
  path: string;
  /** The name that stays the same; see `stableName`. */
  stableName: string;
  /** What sysfs says of it; absent for network addresses and nodes it does not know. */
  port?: TtyPort;
  /** `moved`: the configured path is gone, the same device was found under another name. */
  how: 'configured' | 'usb-id' | 'probed' | 'moved';
}

export interface PortBook {
  /**
   * Opens the port of `user`: `auto` is looked for, a renamed device is found again by what it is. Others' claimed
   * ports are never opened. Errors: `link.absent` (with what was looked at), `link.busy` (with who holds it and the
   * cure as its hint), the others of `LinkOpener`, the abort reason.
   */
  opener(user: PortUser, configured: string): LinkOpener;
  /** Waits like nodeIsBack (lanes/node-watch.ts): soon after the ports have changed, at the latest after `waitMs` if a port is there. */
  whenChanged(user: PortUser, configured: string, waitMs: number, signal: AbortSignal): Promise<void>;
  /** The port that is open for `user`. */
  current(user: PortUser): FoundPort | undefined;
  /** The modem's second AT port, when its USB layout has one. */
  secondary(): FoundPort | undefined;
  /** From now on the modem is opened on its second AT port (true) or its first; where there is none, nothing changes. */
  useSecondary(on: boolean): void;
  /** Who else has the port open. */
  holders(user: PortUser): Promise<readonly PortHolder[]>;
}
