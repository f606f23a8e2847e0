// The module families that are simulated.
export const SIM_PROFILES = ['telit', 'ublox', 'quectel'] as const;
export type SimProfile = (typeof SIM_PROFILES)[number];
