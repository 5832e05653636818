/** A second listener with TLS on which clients prove who they are by SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
export interface SecureListener {
  /** PEM file with the key and the certificates of the broker. */
  readonly keystoreFile: string;
  readonly username: string;
  readonly password: string;
}

const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
const LISTENER = 'listener.name.secure';
const MODULES = 'org.apache.kafka.common.security';

/** Broker settings of the listener named SECURE. */
export function secureProperties({
  keystoreFile,
  username,
  password,
}: SecureListener): Record<string, string> {
  return {
    [`${LISTENER}.ssl.keystore.type`]: 'PEM',
    [`${LISTENER}.ssl.keystore.location`]: keystoreFile,
    [`${LISTENER}.sasl.enabled.mechanisms`]: ['PLAIN', ...SCRAM].join(','),
    [`${LISTENER}.plain.sasl.jaas.config`]: `${MODULES}.plain.PlainLoginModule required user_${username}="${password}";`,
    ...Object.fromEntries(
      SCRAM.map((mechanism) => [
        `${LISTENER}.${mechanism.toLowerCase()}.sasl.jaas.config`,
        `${MODULES}.scram.ScramLoginModule required;`,
      ]),
    ),
  };
}

/** Arguments with which the storage is formatted, because SCRAM users live in it. */
export const scramArguments = ({ username, password }: SecureListener): string[] =>
  SCRAM.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${username},password=${password}]`]);
