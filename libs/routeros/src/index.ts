export { ProtocolError, RouterosError } from './errors.ts';
export { encodeSentence, SentenceDecoder, type SentenceLimits } from './sentence.ts';
