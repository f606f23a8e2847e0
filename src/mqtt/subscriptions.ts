// What we want to hear against what the broker has granted, as a pure function. A reconciliation, because grants are
// lost with the session and topics change with each provisioning answer.

export interface SubscriptionPlan {
  /** Ask for these. */
  subscribe: string[];
  /** Give these up. */
  unsubscribe: string[];
  /** Never sent: not a topic. Portals list several topics joined by `;` as one entry; such a text names no topic. */
  invalid: string[];
}

/** MQTT's own limit is 65535; the longest topic of the services is below 40. */
const MAX_TOPIC = 512;
const TOPIC = /^[^\u0000-\u0020\u007f;]+$/u;

/** May this text be sent as one topic filter? */
export function isTopicFilter(topic: string): boolean {
  if (topic.length > MAX_TOPIC || !TOPIC.test(topic)) return false;
  return topic.split('/').every((level, index, levels) => {
    if (level.includes('#')) return level === '#' && index === levels.length - 1;
    return !level.includes('+') || level === '+';
  });
}

/** `again`: also ask for what is granted already (the broker has forgotten, or the flow stopped). */
export function planSubscriptions(
  wanted: readonly string[],
  granted: ReadonlySet<string>,
  options: { again?: boolean } = {},
): SubscriptionPlan {
  const plan: SubscriptionPlan = { subscribe: [], unsubscribe: [], invalid: [] };
  const unique = new Set(wanted);
  for (const topic of unique) {
    if (!isTopicFilter(topic)) plan.invalid.push(topic);
    else if (options.again === true || !granted.has(topic)) plan.subscribe.push(topic);
  }
  for (const topic of granted) if (!unique.has(topic)) plan.unsubscribe.push(topic);
  return plan;
}
