/**
 * The public exports of the package: what client, worker and server agree on, without I/O.
 *
 * Note: browsers import this package too, so it uses no API of Node. Where Node has a faster
 * function (decoding, hashing), the caller passes it in.
 */

export type { Health, Info, Readiness, ReapTask, SetTask } from './api.ts';
export type * from './attention.ts';
export {
  type Beat,
  type FailReport,
  parseAck,
  parseBeat,
  parseFail,
  parseFailInParts,
  parseQueueCommand,
  parseQueues,
  type QueueCommand,
  splitVerb,
  type WorkerState,
} from './command.ts';
export { type ErrorCode, errorCodes, errorText, excerpt, FaktoryError, wireError } from './errors.ts';
export {
  type Extension,
  type ExtensionAsk,
  extensionVersion,
  isUncounted,
  type LineRefusal,
  parseExt,
  readExtension,
  rememberedLines,
} from './extension.ts';
export { type Attempt, type Failure, failureText, readFailure } from './failure.ts';
export { textFinder, textStream } from './find-text.ts';
export { type Fingerprint, fingerprint, fingerprintOfType, sampleOf } from './fingerprint.ts';
export { globInPieces, globMatcher } from './glob.ts';
export {
  type FailWish,
  type FetchedJob,
  failBulkInParts,
  fetchedText,
  type HandOut,
  parseExtend,
  parseFailBulk,
  parseFetchBulk,
  parseHandOuts,
  readFetched,
} from './hand-outs.ts';
export {
  type Challenge,
  type Greeting,
  greetingLine,
  type Hello,
  newChallenge,
  parseGreeting,
  parseHello,
  passwordProof,
  proofRounds,
  protocolVersion,
  type Sha256,
} from './handshake.ts';
export type { Decode } from './inbox.ts';
export {
  defaultPriority,
  defaultReserve,
  defaultRetry,
  type Job,
  maxReserve,
  minJidBytes,
  minReserve,
  newJid,
  queueName,
} from './job.ts';
export { editedDocument, fetchedJob, jobDocument, jobtypeOf, readJob, wireJob } from './job-document.ts';
export { JobsReader, parseJobs } from './job-list.ts';
export { parseJobInParts } from './job-parts.ts';
export { checkJob, checkQueueName, reserveSeconds } from './job-rules.ts';
export { type JobText, parseJob } from './job-text.ts';
export { compactJson, jsonString, maxDepth } from './json.ts';
export {
  indentedJson,
  type JsonPath,
  jsonItems,
  jsonMember,
  jsonMembers,
  replaceInJson,
  replaceInParts,
} from './json-parts.ts';
export { defaultMaxLineBytes, LineReader, type LineReaderOptions } from './lines.ts';
export { type FieldsFirstLogger, fieldsFirst, type Logger, loggerOf, silent } from './logger.ts';
export { checkMembers } from './members.ts';
export { type Mutation, type MutationFilter, mutationMatcher, parseMutate } from './mutate.ts';
export { nearest, unknownOption } from './nearest.ts';
export { oneClass } from './one-class.ts';
export {
  type ChangeAsk,
  type ChangedJobs,
  type CountedJobs,
  type FoundJob,
  type FoundJobs,
  type JobAction,
  type JobChange,
  type JobFilter,
  type JobPlace,
  type JobSearch,
  type JobsAsk,
  type JobsProgress,
  jobPlaces,
  parseChange,
  parseJobsAsk,
  parseTokens,
  parseUndo,
  parseVerify,
  type TokensStatus,
  type UndoneJobs,
} from './operating.ts';
export {
  bulk,
  defaultMaxReplyBytes,
  errorReply,
  NIL,
  OK,
  type Reply,
  ReplyReader,
  type ReplyReaderOptions,
} from './reply.ts';
export { someMembers } from './some-members.ts';
export { retryOf, type StoredJob, storedJob } from './stored-job.ts';
export { formatTime, type Micros, nowMicros, parseTime, wallAhead } from './time.ts';
export { cutUtf8, utf8Length, wellFormed } from './utf8.ts';
export { piecesOf, visible, visibleLines } from './visible.ts';
export {
  type EventKind,
  eventKinds,
  type JobEvent,
  parseSignal,
  parseTail,
  type QueueStatus,
  type RunningJob,
  type TailAsk,
  type TailedEvents,
  type WorkerStatus,
  type WorkersStatus,
} from './watching.ts';
export type * from './web.ts';
export type * from './web-jobs.ts';
export { type BeatPayload, type FailPayload, type HandOutNames, write } from './write.ts';
