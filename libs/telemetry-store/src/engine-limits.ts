const MIB = 2 ** 20;

/**
 * Server settings of ClickHouse that are given when chDB opens a directory. The engine takes a machine to be its own: its
 * caches may have half of the memory, and a thread that once was needed stays. Here it shares a small one with everything
 * else, so what it keeps is bounded low enough to be reached within hours.
 */
const ENGINE_LIMITS = {
  // Idle ones end beyond this number; each has three files in /proc open.
  max_thread_pool_free_size: 16,
  // One of 128 for each part that a partition lets go of at its end, otherwise.
  max_parts_cleaning_thread_pool_size: 4,
  max_active_parts_loading_thread_pool_size: 8,
  max_outdated_parts_loading_thread_pool_size: 4,
  max_unexpected_parts_loading_thread_pool_size: 4,
  threadpool_local_fs_reader_pool_size: 8,
  mark_cache_size: 64 * MIB,
  index_mark_cache_size: 16 * MIB,
  primary_index_cache_size: 32 * MIB,
  query_condition_cache_size: 8 * MIB,
  compiled_expression_cache_size: 16 * MIB,
} as const;

/** The limits as arguments of a session. The first session of a process settles them. */
export const engineArguments: readonly string[] = Object.entries(ENGINE_LIMITS).map(
  ([name, value]) => `--${name}=${value}`,
);
