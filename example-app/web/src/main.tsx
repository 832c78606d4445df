import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { offerPanel } from "./panel";
import "./sync.gen";
import "./styles/index.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
offerPanel();
