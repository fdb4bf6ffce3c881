import type { Graph } from '../whatsapp/graph.ts';

/** What one worker process sends with. */
export interface Sender {
  graph: Graph;
}
