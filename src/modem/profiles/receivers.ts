// GNSS receivers on a USB port of their own (specs/modem.md 2.1): no modems, never asked AT.
import type { UsbLayout } from '../profile.js';

const receiver = (productId: string, module: string): UsbLayout => ({
  vendorId: '1546',
  productId,
  module,
  roles: { 0: 'gnss' },
});

export const GNSS_USB_LAYOUTS: readonly UsbLayout[] = [
  receiver('01a5', 'u-blox 5 receiver'),
  receiver('01a6', 'u-blox 6 receiver'),
  receiver('01a7', 'u-blox 7 receiver'),
  receiver('01a8', 'u-blox 8 or M8 receiver'),
  receiver('01a9', 'u-blox 9, 10 or F9 receiver'),
];
