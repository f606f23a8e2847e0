// The error numbers of the module's client in words (specs/devicewise.md 1.6).

const WORDS: Readonly<Record<string, string>> = {
  '-18001': 'bad parameters',
  '-18002': 'out of memory',
  '-18003': 'stopped',
  '-18005': 'a request had no answer in time',
  '-18010': 'started, but not connected',
  '-18012': 'no TCP connection in time',
  '-18013': 'started already',
  '-18014': 'stopped already',
  '-18022': 'stopping',
  '-18201': 'the server’s first packet is not what MQTT wants',
  '-18202': 'the server’s first packet is not what MQTT wants',
  '-18203': 'the server refuses for an unknown reason',
  '-18205': 'the server refuses the client id: this thing was first used with another one',
  '-18206': 'the server says that it is not available',
  '-18207': 'the server refuses thing key or app token',
  '-18208': 'the server does not authorise this thing',
  '-18304': 'the server does not take the connection',
  '-18306': 'the server does not take the connection',
  '-18310': 'TLS with the server fails',
  '-18315': 'the server’s name is not known',
  '-18321': 'sending fails',
  '-18323': 'receiving fails',
  '-18324': 'the connection was shut down',
  '-18325': 'TLS fails',
};

/** Such as `the server refuses thing key or app token (-18207)`. */
export function codeWords(code: number): string {
  const words = WORDS[String(code)];
  return words === undefined ? `error ${code}` : `${words} (${code})`;
}
