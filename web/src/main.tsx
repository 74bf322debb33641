import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { chatList } from './chats/list-model.ts';
import { refreshStatus } from './data/status.ts';
import { must } from './parts/must.ts';
import { App } from './shell/app.tsx';
import { fetchViews } from './shell/views.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/shell.css';
import './styles/chats.css';
import './styles/timeline.css';
import './styles/bubble.css';
import './styles/pages.css';
import './styles/numbers.css';
import './styles/analysis.css';

/** What is shown first is waited for so long at most, in milliseconds; then something is drawn without it. */
const DRAW_ANYWAY_MS = 150;

const root = createRoot(must(document.getElementById('page'), 'index.html has the place for the page'));

function draw(): void {
  root.render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

// Both are needed whatever is shown first, and mostly here already: to draw without them would take as long as with them.
// They are not asked for by the module itself: where somebody watches the requests, the browser notes who made them, and
// would parse all of it once more for that.
queueMicrotask(() => {
  const arrived = Promise.all([chatList.load(), refreshStatus()]);
  void Promise.race([arrived, new Promise((resolve) => setTimeout(resolve, DRAW_ANYWAY_MS))]).then(draw);
});

fetchViews();
