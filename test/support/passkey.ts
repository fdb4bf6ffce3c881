/** A passkey in memory, as a browser with an authenticator would make and use it (WebAuthn, ES256, no attestation). */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest();
const USED_AND_VERIFIED = 0x05;
const WITH_KEY = 0x40;

export interface Passkey {
  register(options: Record<string, unknown>): Record<string, unknown>;
  authenticate(options: Record<string, unknown>): Record<string, unknown>;
}

export function newPasskey({ origin, userId }: { origin: string; userId: string }): Passkey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const id = randomBytes(16);
  let counter = 0;
  const known = { id: id.toString('base64url'), rawId: id.toString('base64url'), type: 'public-key' };
  const rest = { clientExtensionResults: {} };

  const authenticatorData = (flags: number, more = Buffer.alloc(0)): Buffer => {
    counter += 1;
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(counter, 1);
    return Buffer.concat([sha256(new URL(origin).hostname), head, more]);
  };
  const clientData = (type: string, { challenge }: Record<string, unknown>): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));

  return {
    register(options) {
      // CBOR: { 1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y }
      const point = (key: number, value: string) =>
        Buffer.concat([Buffer.from([key, 0x58, 32]), Buffer.from(value, 'base64url')]);
      const key = Buffer.concat([Buffer.from('a5010203262001', 'hex'), point(0x21, x), point(0x22, y)]);
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, key]);
      const data = authenticatorData(USED_AND_VERIFIED | WITH_KEY, attested);
      // CBOR: { "fmt": "none", "attStmt": {}, "authData": bytes }
      const attestation = Buffer.concat([
        Buffer.from([0xa3, 0x63]),
        Buffer.from('fmt'),
        Buffer.from([0x64]),
        Buffer.from('none'),
        Buffer.from([0x67]),
        Buffer.from('attStmt'),
        Buffer.from([0xa0, 0x68]),
        Buffer.from('authData'),
        Buffer.from([0x58, data.length]),
        data,
      ]);
      const response = {
        clientDataJSON: clientData('webauthn.create', options).toString('base64url'),
        attestationObject: attestation.toString('base64url'),
      };
      return { ...known, ...rest, response };
    },
    authenticate(options) {
      const data = authenticatorData(USED_AND_VERIFIED);
      const client = clientData('webauthn.get', options);
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey);
      const response = {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: Buffer.from(userId).toString('base64url'),
      };
      return { ...known, ...rest, response };
    },
  };
}
