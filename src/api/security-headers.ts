import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

const FONT_AND_MEDIA = ["'self'", 'data:', 'blob:'];
const PAGE_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: FONT_AND_MEDIA,
  mediaSrc: FONT_AND_MEDIA,
  fontSrc: FONT_AND_MEDIA,
  connectSrc: ["'self'"],
  manifestSrc: ["'self'"],
  workerSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/**
 * The headers that tell a browser what the page may do and who may use what is answered, by name. They are the same for
 * every answer, so helmet is asked for them once. (Run anew for each request, as its plugin for Fastify does, it leaves
 * garbage that outlives two collections: with a few hundred requests a second every one of these then takes 5 ms, in
 * which nobody is answered.)
 */
export function securityHeaders(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const collector = {
    setHeader: (name: string, value: string) => {
      headers[name] = value;
    },
    removeHeader: (name: string) => {
      delete headers[name];
    },
  };
  const set = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY },
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  // It sets headers and looks at nothing else, of the request or of the answer.
  set({} as IncomingMessage, collector as unknown as ServerResponse, (error?: unknown) => {
    if (error !== undefined) throw error;
  });
  return headers;
}
