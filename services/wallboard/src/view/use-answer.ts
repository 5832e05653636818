import { useEffect, useState } from 'preact/hooks';
import type { Answer } from '../page-api.ts';

/**
 * The latest answer to a question that is asked when the component comes and again after each pause, until it goes. What
 * is asked must stay the same: give the component a key that changes with it.
 */
export function useAnswer<T>(ask: () => Promise<Answer<T>>, pauseMs: number): Answer<T> | undefined {
  const [answer, setAnswer] = useState<Answer<T>>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const askAgain = async (): Promise<void> => {
      const answered = await ask();
      if (isGone) return;
      setAnswer(answered);
      timer = setTimeout(() => void askAgain(), pauseMs);
    };
    void askAgain();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, []);
  return answer;
}
