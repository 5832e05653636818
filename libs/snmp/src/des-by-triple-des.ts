import crypto from 'node:crypto';

/**
 * OpenSSL 3 keeps single DES in a provider that Node.js does not load, and net-snmp asks for it by name. Triple DES with the
 * same key three times is single DES, and is there; so that is what `des-cbc` gives from here on, in this process.
 */
export function provideDes(): void {
  if (isProvided) return;
  isProvided = true;
  const { createCipheriv, createDecipheriv } = crypto;
  const thrice = (key: Uint8Array): Uint8Array => Buffer.concat([key, key, key]);
  const replace =
    <R>(make: (algorithm: string, key: never, ...rest: never[]) => R): typeof make =>
    (algorithm: string, key: Uint8Array, ...rest: never[]): R =>
      algorithm === 'des-cbc'
        ? make('des-ede3-cbc', thrice(key) as never, ...rest)
        : make(algorithm, key as never, ...rest);
  crypto.createCipheriv = replace(createCipheriv as never) as typeof createCipheriv;
  crypto.createDecipheriv = replace(createDecipheriv as never) as typeof createDecipheriv;
}

let isProvided = false;
