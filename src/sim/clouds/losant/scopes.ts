// What a token's scopes allow: presets, whole resources, single actions (specs/losant.md section 1.1).

/** Actions of the calls that are simulated. */
export const LOSANT_ACTIONS = [
  'application.get',
  'applicationApiToken.delete',
  'applicationApiToken.get',
  'applicationApiToken.patch',
  'applicationApiTokens.get',
  'applicationApiTokens.post',
  'applicationKey.delete',
  'applicationKey.get',
  'applicationKey.patch',
  'applicationKeys.get',
  'applicationKeys.post',
  'device.delete',
  'device.get',
  'device.getCommand',
  'device.getState',
  'device.patch',
  'device.sendCommand',
  'device.sendState',
  'device.setConnectionStatus',
  'devices.get',
  'devices.post',
] as const;
export type LosantAction = (typeof LOSANT_ACTIONS)[number];

const isReading = (action: string): boolean => /\.get[A-Z]?\w*$/.test(action);
const OF_DEVICE: readonly LosantAction[] = [
  'device.get',
  'device.getCommand',
  'device.getState',
  'device.sendCommand',
  'device.sendState',
  'device.setConnectionStatus',
];

const PRESETS: Readonly<Record<string, (action: LosantAction) => boolean>> = {
  'all.Application': () => true,
  // Everything but to make itself wider.
  'all.Application.bounded': (action) => !/^applicationApiTokens?\.(post|patch|delete)$/.test(action),
  'all.Application.cli': (action) => !/^applicationApiTokens?\.(post|patch|delete)$/.test(action),
  'all.Application.read': isReading,
  'all.Device': (action) => OF_DEVICE.includes(action),
  'all.Device.read': (action) => OF_DEVICE.includes(action) && isReading(action),
};

/** Is this a scope at all? */
export function isScope(scope: string): boolean {
  if (Object.hasOwn(PRESETS, scope)) return true;
  if (!scope.endsWith('.*')) return LOSANT_ACTIONS.some((action) => action === scope);
  return LOSANT_ACTIONS.some((action) => action.startsWith(scope.slice(0, -1)));
}

export function allows(scopes: readonly string[], action: LosantAction): boolean {
  return scopes.some((scope) => {
    if (Object.hasOwn(PRESETS, scope)) return PRESETS[scope]?.(action) === true;
    return scope === action || (scope.endsWith('.*') && action.startsWith(scope.slice(0, -1)));
  });
}
