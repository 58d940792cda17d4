import { createRoot } from "react-dom/client";

import "../style/base.css";
import { SessionStore } from "../session/session";
import { App } from "./App";

createRoot(document.getElementById("root")!).render(<App session={new SessionStore()} />);
