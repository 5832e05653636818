import { useEffect, useRef, useState } from 'preact/hooks';
import type { TimeFormat } from '../format.ts';
import { type OrderDraft, orderOf, orderText, pinLengths } from '../order-draft.ts';
import type { PageApi } from '../page-api.ts';

const MOST_NOTE_CHARACTERS = 500;

type Phase = 'asking' | 'sending' | 'given';

/** Says what an order will do and asks for a note; gives it, and says what the server answered. */
export function OrderDialog({
  draft,
  api,
  nowMs,
  times,
  onDone,
}: {
  readonly draft: OrderDraft;
  readonly api: PageApi;
  readonly nowMs: number;
  readonly times: TimeFormat;
  readonly onDone: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const done = useRef<HTMLButtonElement>(null);
  const [phase, setPhase] = useState<Phase>('asking');
  const [problem, setProblem] = useState('');
  const [note, setNote] = useState('');
  const [wan, setWan] = useState(draft.router.wans[0]?.name ?? '');
  const [pinMs, setPinMs] = useState<number>(pinLengths[1].ms);
  const { title, consequence, confirm } = orderText(draft);
  const close = (): void => dialog.current?.close();

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    if (phase === 'given') done.current?.focus();
  }, [phase]);

  const give = async (): Promise<void> => {
    setPhase('sending');
    setProblem('');
    const answer = await api.giveOrder(orderOf(draft, { note, wan, untilMs: Math.round(nowMs + pinMs) }));
    setPhase(answer.ok ? 'given' : 'asking');
    if (!answer.ok) setProblem(answer.why);
  };

  return (
    <dialog
      class="order"
      ref={dialog}
      aria-labelledby="order-title"
      aria-describedby="order-consequence"
      onClose={onDone}
    >
      <h2 id="order-title">{title}</h2>
      {phase === 'given' ? (
        <>
          <p role="status">The order is given. What comes of it shows under Events.</p>
          <p class="order-buttons">
            <button type="button" ref={done} onClick={close}>
              Close
            </button>
          </p>
        </>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (phase === 'asking') void give();
          }}
        >
          <p id="order-consequence">{consequence}</p>
          {draft.kind === 'pin' && (
            <>
              <label>
                WAN
                <select value={wan} onChange={({ currentTarget }) => setWan(currentTarget.value)}>
                  {draft.router.wans.map(({ name }) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              </label>
              <label>
                For
                <select
                  value={String(pinMs)}
                  onChange={({ currentTarget }) => setPinMs(Number(currentTarget.value))}
                >
                  {pinLengths.map(({ ms, name }) => (
                    <option key={ms} value={String(ms)}>
                      {name}
                    </option>
                  ))}
                </select>
              </label>
              <p class="order-end">
                The pin ends by itself at {times.moment(nowMs + pinMs, nowMs)} {times.zone(nowMs)}.
              </p>
            </>
          )}
          <label>
            Note: why?
            <textarea
              required
              autofocus
              rows={2}
              maxLength={MOST_NOTE_CHARACTERS}
              value={note}
              onInput={({ currentTarget }) => setNote(currentTarget.value)}
            />
          </label>
          <p class="order-audit">Kept with the order: this note, the name of your token, your address.</p>
          {problem !== '' && (
            <p class="order-problem" role="alert">
              Not given: {problem}
            </p>
          )}
          <p class="order-buttons">
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button type="submit" class="order-give" disabled={phase === 'sending' || note.trim() === ''}>
              {phase === 'sending' ? 'Giving the order …' : confirm}
            </button>
          </p>
        </form>
      )}
    </dialog>
  );
}
