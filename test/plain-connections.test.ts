/** ASVS 12.3.1: what is spoken without TLS beyond a private network is told at the start. */
import { describe, expect, it } from '@jest/globals';

import { plainConnections } from '../src/plain-connections.ts';

const none = {
  BASE_URL: 'https://gateway.example.com',
  MONGODB_URI: undefined,
  KEYS_MONGODB_URI: undefined,
  REDIS_URL: undefined,
  REDIS_LIVE_URL: undefined,
  SMTP_URL: undefined,
};
type Name = keyof typeof none;

describe('plain connections', () => {
  it.each<[Name, string, boolean]>([
    ['MONGODB_URI', 'mongodb://user:secret@db.example.com/whatsper', true],
    ['MONGODB_URI', 'mongodb://mongo-1:27017,db.example.com:27017/whatsper?replicaSet=rs', true],
    ['MONGODB_URI', 'mongodb://db.example.com/whatsper?tls=true', false],
    ['MONGODB_URI', 'mongodb+srv://db.example.com/whatsper', false],
    ['MONGODB_URI', 'mongodb+srv://db.example.com/whatsper?tls=false', true],
    ['MONGODB_URI', 'mongodb://mongo:27017/whatsper', false],
    ['KEYS_MONGODB_URI', 'mongodb://8.8.8.8/keys', true],
    ['KEYS_MONGODB_URI', 'mongodb://10.1.2.3/keys', false],
    ['REDIS_URL', 'redis://cache.example.com:6379', true],
    ['REDIS_URL', 'redis://redis-1:6379,redis://cache.example.com:6379', true],
    ['REDIS_URL', 'rediss://cache.example.com:6379', false],
    ['REDIS_URL', 'redis://redis.shop.svc.cluster.local:6379', false],
    ['REDIS_LIVE_URL', 'redis://127.0.0.1:6379', false],
    ['REDIS_LIVE_URL', 'redis://[fd00::1]:6379', false],
    ['SMTP_URL', 'smtp://mail.example.com', true],
    ['SMTP_URL', 'smtp://user:secret@mail.example.com', false], // STARTTLS is demanded then
    ['SMTP_URL', 'smtps://mail.example.com', false],
    ['SMTP_URL', 'smtp://mail.internal', false],
  ])('%s %s: %s', (name, url, isTold) => {
    expect(plainConnections({ ...none, [name]: url })).toEqual(isTold ? [name] : []);
  });

  it('are nobody’s business on a machine for development', () => {
    const url = 'mongodb://db.example.com/whatsper';
    expect(plainConnections({ ...none, BASE_URL: 'http://localhost:3000', MONGODB_URI: url })).toEqual([]);
  });
});
