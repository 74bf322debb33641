import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { chatList } from './chats/list-model.ts';
import { refreshStatus } from './data/status.ts';
import { must } from './parts/must.ts';
import { App } from './shell/app.tsx';
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

// Asked for before anything is drawn: both are needed whatever is shown first.
void refreshStatus();
void chatList.load();

createRoot(must(document.getElementById('page'), 'index.html has the place for the page')).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
