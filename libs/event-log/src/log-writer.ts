/** Where an adapter says what it does; a pino logger is one. Nothing is written anywhere without it. */
export interface LogWriter {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const nothing = (): void => undefined;

export const silentLog: LogWriter = { debug: nothing, info: nothing, warn: nothing, error: nothing };
