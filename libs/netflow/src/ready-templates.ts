import { Line, type Place } from './line.ts';
import type { Speaker } from './speaker.ts';
import { compileTemplate, type TemplateDefinition } from './template-definition.ts';
import type { Template } from './template.ts';

/** A template that an exporter announced; what changes is changed by the store. */
export interface KnownTemplate {
  readonly key: number;
  readonly speaker: Speaker;
  readonly definition: TemplateDefinition;
  announcedMs: number;
  /** Absent until there was data of it, and after it had none for long. */
  template: Template | undefined;
  /** Its place among those that are ready for data. */
  readyPlace: Place<KnownTemplate> | undefined;
}

/**
 * Templates that are ready for their data, in the order in which it came. The one whose data is longest ago goes first; one that
 * the exporter withdrew goes with its time too.
 */
export class ReadyTemplates {
  readonly #line = new Line<KnownTemplate>();
  readonly #mostFields: number;
  #fields = 0;

  /** @param mostFields of all templates together */
  constructor(mostFields: number) {
    this.#mostFields = mostFields;
  }

  use(known: KnownTemplate): Template {
    if (known.template && known.readyPlace) {
      this.#line.moveToEnd(known.readyPlace);
      return known.template;
    }
    const template = compileTemplate(known.definition);
    known.template = template;
    known.readyPlace = this.#line.add(known);
    this.#fields += known.definition.fieldCount;
    while (this.#fields > this.#mostFields && this.#line.oldest) this.#dropOldest(this.#line.oldest);
    return template;
  }

  #dropOldest(oldest: KnownTemplate): void {
    if (oldest.readyPlace) this.#line.remove(oldest.readyPlace);
    oldest.readyPlace = undefined;
    oldest.template = undefined;
    this.#fields -= oldest.definition.fieldCount;
  }
}
