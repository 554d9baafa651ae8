import { QueryCache, QueryClient, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import { messageOf, Problem } from './problem.js';

/** How often what changes by itself is asked for again, in milliseconds; not while the tab is in the background. */
export const live = 3_000;

/** @param onSignedOut called when the session turns out to be over */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof Problem && error.status === 401) onSignedOut();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        retry: (count, error) => count < 2 && !(error instanceof Problem && error.status < 500),
      },
    },
  });
}

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export interface PageParams {
  limit: number;
  cursor?: string;
}

/** A list that is fetched a page at a time. */
export function usePages<Item>(
  key: readonly unknown[],
  read: (page: PageParams, signal: AbortSignal) => Promise<Page<Item>>,
  { refetchInterval = false, limit = 50 }: { refetchInterval?: number | false; limit?: number } = {},
) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => read({ limit, ...(pageParam === null ? {} : { cursor: pageParam }) }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval,
  });
  const { isPending, error, hasNextPage, isFetchingNextPage } = query;
  return {
    items: query.data?.pages.flatMap((page) => page.items) ?? [],
    isPending,
    error,
    more: hasNextPage ? () => void query.fetchNextPage() : undefined,
    isFetchingMore: isFetchingNextPage,
    retry: () => void query.refetch(),
  };
}

interface ActionOptions<Input, Output> {
  run: (input: Input) => Promise<Output>;
  /** What is shown when it was done. */
  done?: string | ((output: Output) => string);
  /** First words of the query keys whose answers are no longer true. */
  changes?: readonly string[];
  onDone?: (output: Output, input: Input) => void;
  /** Whether a form shows what went wrong by itself. */
  quiet?: boolean;
}

/** Something that is done once, on a click: tells what came of it, and has whatever it changed read again. */
export function useAction<Input = void, Output = unknown>({
  run,
  done,
  changes = [],
  onDone,
  quiet = false,
}: ActionOptions<Input, Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: async (output, input) => {
      if (done !== undefined) {
        notifications.show({ message: typeof done === 'string' ? done : done(output), color: 'teal' });
      }
      onDone?.(output, input);
      await Promise.all(changes.map((first) => client.invalidateQueries({ queryKey: [first] })));
    },
    onError: (error) => {
      if (!quiet) notifications.show({ title: 'That did not work', message: messageOf(error), color: 'red' });
    },
  });
}
