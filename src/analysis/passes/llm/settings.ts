/** How the server of the language model is reached, and what may be used of it. All of it is data, for a thread. */
export type LlmSettings = {
  /** The base of an OpenAI-compatible API, such as http://127.0.0.1:11434/v1. */
  url: string;
  model: string;
  /** From the environment, never from the command line. */
  key: string | null;
  /** Tokens of a transcript at most; a longer one loses its middle. */
  mostInputTokens: number;
  mostOutputTokens: number;
  requestsPerMinute: number;
  /** What a million tokens cost, in millionths of the currency. */
  inputPrice: number;
  outputPrice: number;
  /** Bounds of a day (UTC); null: none. */
  tokensPerDay: number | null;
  /** In millionths of the currency. */
  costPerDay: number | null;
  timeoutMs: number;
  isStreaming: boolean;
};

/** Whether nothing leaves this machine on the way to a server. */
export function isOnThisMachine(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
