/** A real Redis Cluster of three masters on free ports, whose nodes can be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';

import { findFreePort } from '../../embedded/ports.ts';
import { provideRedis, thisMachine } from '../../embedded/redis/provide.ts';
import { until } from './until.ts';

const NODES = 3;
const SLOTS = 16_384;
/** Nodes that do not answer each other for so long are taken for dead. */
const NODE_TIMEOUT_MS = 1_000;

export interface ClusterNode {
  port: number;
  /** By which the nodes speak with each other. */
  busPort: number;
  /** Connection to this node alone. */
  redis: Redis;
  kill(): Promise<void>;
  /** With the data it had. */
  start(): Promise<void>;
}

export interface RedisCluster {
  /** All nodes, as in REDIS_URL. */
  url: string;
  nodes: ClusterNode[];
  stop(): Promise<void>;
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-cluster-'));
  const nodes: ClusterNode[] = [];
  const stop = async () => {
    for (const node of nodes) {
      node.redis.disconnect();
      await node.kill();
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (let index = 0; index < NODES; index += 1) nodes.push(await startNode(folder, index));
    await introduce(nodes);
    return { url: nodes.map(({ port }) => `redis://127.0.0.1:${port}`).join(','), nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startNode(folder: string, index: number): Promise<ClusterNode> {
  const { path, libraryPath } = await provideRedis(await thisMachine(folder, () => undefined));
  const port = await findFreePort();
  const busPort = await findFreePort();
  const data = join(folder, String(index));
  await mkdir(data);
  const args = [
    ...['--port', String(port), '--cluster-port', String(busPort), '--bind', '127.0.0.1', '--dir', data],
    ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
    ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--loglevel', 'warning'],
  ];
  const env = { ...process.env, ...(libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath }) };
  const redis = new Redis({ port, host: '127.0.0.1', lazyConnect: true, maxRetriesPerRequest: null });
  redis.on('error', () => undefined); // a node that was killed
  let child: ChildProcess | undefined;
  const kill = async () => {
    const ended = child;
    child = undefined;
    if (!ended || ended.exitCode !== null || ended.signalCode !== null) return;
    const exit = once(ended, 'exit');
    ended.kill('SIGKILL');
    await exit;
  };
  const start = async () => {
    child = spawn(path, args, { env, stdio: 'ignore' });
    await redis.ping();
  };
  await start();
  return { port, busPort, redis, kill, start };
}

/** Gives each node its part of the slots, and makes them known to each other. */
async function introduce(nodes: ClusterNode[]): Promise<void> {
  for (const [index, { redis }] of nodes.entries()) {
    const from = Math.ceil((index * SLOTS) / nodes.length);
    const to = Math.ceil(((index + 1) * SLOTS) / nodes.length) - 1;
    await redis.cluster('ADDSLOTSRANGE', from, to);
  }
  const [first, ...others] = nodes;
  for (const { port, busPort } of others) {
    await first?.redis.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  }
  for (const { redis } of nodes) await isWhole(redis);
}

async function isWhole(redis: Redis): Promise<void> {
  await until('the cluster is whole', async () => {
    const info = String(await redis.cluster('INFO'));
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${NODES}`);
  });
}
