import { Component, type ReactNode } from 'react';
import { ApiError } from '../data/client.ts';
import { Failed } from '../parts/states.tsx';

const NOT_LOADED = new ApiError({
  status: 0,
  code: 'VIEW_NOT_LOADED',
  detail: 'This view could not be loaded.',
  hint: 'ChatStats may have been stopped, or another version of it has been started since the page was opened.',
});

/** Keeps the rest of the page where a view cannot be shown: its file may be one of a version before, and gone. */
export class ViewBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return <Failed error={NOT_LOADED} onRetry={() => location.reload()} />;
  }
}
