import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

import "../style/base.css";
import "./reference.css";
import { searchPlugin } from "./search";

const dark = matchMedia("(prefers-color-scheme: dark)");

function followSystemTheme(): void {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

followSystemTheme();
dark.addEventListener("change", followSystemTheme);

const reference = SwaggerUI({
  domNode: document.getElementById("reference")!,
  url: "/openapi.json",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  tryItOutEnabled: true,
  // Credentials are kept in memory until the page is closed, and the description is sent to no validator.
  persistAuthorization: false,
  validatorUrl: null,
  plugins: [searchPlugin],
});

const search = document.querySelector<HTMLInputElement>("#search")!;
search.addEventListener("input", () => reference.getSystem().layoutActions.updateFilter(search.value.trim() || false));
