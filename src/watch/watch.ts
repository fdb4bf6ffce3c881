/** What watches over a process and the installation: canary, metrics, and what /readyz adds of it. */
import type { Context } from '../context.ts';
import type { Metrics } from '../ops/metrics.ts';
import { DEFAULT_APP } from '../tenants/apps.ts';
import { type Canary, startCanary } from './canary.ts';
import { type MetricsServer, type MetricsSources, serveMetrics } from './metrics-server.ts';

export interface Watch {
  /** For the operator who asks /readyz. */
  notes(): string[];
  /** @throws when the port of the metrics is taken */
  start(of: Omit<MetricsSources, 'canary'> & { port: number | null }): Promise<void>;
  close(): Promise<void>;
}

/** Watches nothing until it is started. */
export function createWatch(ctx: Context, metrics: Metrics): Watch {
  let canary: Canary | undefined;
  let isOn = false;
  let server: MetricsServer | undefined;
  return {
    notes() {
      if (!isOn || !canary?.state().late) return [];
      return ['No canary came through for three minutes: received messages are not being handled.'];
    },
    async start({ port, ...sources }) {
      const options = port === null ? undefined : canaryOptions(ctx, port);
      isOn = options !== undefined;
      canary = port === null ? undefined : startCanary(ctx, options);
      const { METRICS_PORT } = ctx.settings;
      if (METRICS_PORT === undefined) return;
      const watched = isOn ? canary : undefined;
      const state = watched && { canary: () => watched.state() };
      server = await serveMetrics(ctx, metrics, { ...sources, ...state }, METRICS_PORT);
    },
    async close() {
      await server?.close();
      await canary?.close();
    },
  };
}

/** Undefined: it is off. */
function canaryOptions(ctx: Context, port: number): Parameters<typeof startCanary>[1] {
  const { CANARY, META_APP_SECRET: [secret] = [], HOST } = ctx.settings;
  if (CANARY === 'off') return undefined;
  if (secret === undefined) {
    ctx.log.warn({ part: 'canary', reason: 'META_APP_SECRET is not set' }, 'canary.off');
    return undefined;
  }
  const url = new URL('http://localhost/webhooks/whatsapp');
  url.hostname = ownAddress(HOST);
  url.port = String(port);
  return { url, secret, app: DEFAULT_APP };
}

/** Where a process that listens on HOST reaches itself. */
function ownAddress(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
