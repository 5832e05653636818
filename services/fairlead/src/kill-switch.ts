import type { Inventory } from '@fairlead/model';
import type { FairleadConfig } from './config.ts';

/** The routers of a configuration; with the kill switch of all, each that is steered is stopped. */
export function routersOf({ steering, routers }: Pick<FairleadConfig, 'steering' | 'routers'>): Inventory {
  if (!steering.stopped) return routers;
  return routers.map((router) =>
    router.steering ? { ...router, steering: { ...router.steering, stopped: true } } : router,
  );
}
