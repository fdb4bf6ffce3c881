/** Where this installation calls out to, by its settings: what a firewall that refuses all else must let through. */
import { redisNodes } from '../../config/schema.ts';
import type { Settings } from '../../config/settings.ts';

export interface Egress {
  host: string;
  port: number;
  /** The setting, and what for. */
  why: string;
}

const PORTS: Record<string, number> = {
  'https:': 443,
  'http:': 80,
  'redis:': 6379,
  'rediss:': 6379,
  'smtp:': 25,
  'smtps:': 465,
};

/** Every host that is called, once each; what is embedded or a folder calls nobody. */
export function egressOf(settings: Settings): Egress[] {
  const {
    GRAPH_API_URL,
    MEDIA_HOSTS,
    REDIS_URL,
    REDIS_LIVE_URL,
    SMTP_URL,
    AUDIT_CHECKPOINTS = [],
  } = settings;
  const all = [
    ofUrl(GRAPH_API_URL, 'GRAPH_API_URL: WhatsApp'),
    ...MEDIA_HOSTS.map((host) => ({ host, port: 443, why: 'MEDIA_HOSTS: files from WhatsApp' })),
    ...ofMongo(settings.MONGODB_URI, 'MONGODB_URI: database'),
    ...ofMongo(settings.KEYS_MONGODB_URI, 'KEYS_MONGODB_URI: database of the keys'),
    ...redisNodes(REDIS_URL ?? '').map((node) => ofUrl(node, 'REDIS_URL: queues')),
    ofUrl(REDIS_LIVE_URL, 'REDIS_LIVE_URL: live feed'),
    ofUrl(SMTP_URL, 'SMTP_URL: mail'),
    ofBucket(settings.BLOB_URL, 'BLOB_URL: files'),
    ...AUDIT_CHECKPOINTS.map((place) => ofBucket(place, 'AUDIT_CHECKPOINTS: audit log')),
    {
      host: '*',
      port: 443,
      why: "tenants' endpoints: public addresses only, see docs/security/hardening.md",
    },
  ];
  const known = new Map<string, Egress>();
  for (const one of all) if (one) known.set(`${one.host}:${one.port} ${one.why}`, one);
  return [...known.values()];
}

function ofUrl(text: string | undefined, why: string): Egress | undefined {
  if (text === undefined || text === '') return undefined;
  const { hostname: host, port, protocol } = new URL(text);
  return { host, port: Number(port) || (PORTS[protocol] ?? 0), why };
}

/** Several hosts are no URL; of `mongodb+srv` the name server says which they are. */
function ofMongo(uri: string | undefined, why: string): Egress[] {
  const server = uri?.replace(/^mongodb(\+srv)?:\/\//, '').split(/[/?]/, 1)[0] ?? '';
  const hosts = server.slice(server.lastIndexOf('@') + 1).split(',');
  return hosts
    .filter((host) => host !== '')
    .map((one) => {
      const [, host = one, port = '27017'] = /^(.*):(\d+)$/.exec(one) ?? [];
      return { host, port: Number(port), why };
    });
}

function ofBucket(text: string | undefined, why: string): Egress | undefined {
  if (text?.startsWith('s3:') !== true) return undefined;
  const { hostname, searchParams } = new URL(text);
  const endpoint = searchParams.get('endpoint');
  if (endpoint !== null) return ofUrl(endpoint, why);
  const region = searchParams.get('region') ?? process.env.AWS_REGION ?? 'us-east-1';
  return { host: `${hostname}.s3.${region}.amazonaws.com`, port: 443, why };
}
