/** An endpoint's lane is one conversation's events for one endpoint: `<conversation id>.<endpoint id>`. */
import type { DeliveryRow } from './model.ts';

type LaneOwner = Pick<DeliveryRow, 'conversationId' | 'endpointId'>;

export function laneName({ conversationId, endpointId }: LaneOwner): string {
  return `${conversationId}.${endpointId}`;
}

export function laneOwner(lane: string): LaneOwner {
  const dot = lane.lastIndexOf('.');
  return { conversationId: lane.slice(0, dot), endpointId: lane.slice(dot + 1) };
}
