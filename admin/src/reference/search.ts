import type { Operation, OperationGroups, Plugin } from "swagger-ui-dist/swagger-ui-es-bundle.js";

/**
 * Swagger UI's own filter knows tags and paths. This one finds an operation when every word of the phrase is somewhere
 * in its group, method, path, summary or id, so that `get tickets` leads somewhere.
 */
function filterOperations(groups: OperationGroups, phrase: string): OperationGroups {
  const words = phrase.toLowerCase().split(/\s+/);
  return groups
    .map((group, name) =>
      group.set(
        "operations",
        group.get("operations").filter((operation) => {
          const text = [name, ...searchedText(operation)].join(" ").toLowerCase();
          return words.every((word) => text.includes(word));
        }),
      ),
    )
    .filter((group) => group.get("operations").size > 0);
}

function searchedText(operation: Operation): (string | undefined)[] {
  return [
    operation.get("method"),
    operation.get("path"),
    operation.getIn(["operation", "summary"]),
    operation.getIn(["operation", "operationId"]),
  ];
}

/** Swagger UI's own field is left out, the search is in the page's bar; an empty result says what was looked for. */
export const searchPlugin: Plugin = {
  fn: { opsFilter: filterOperations },
  components: { FilterContainer: () => null },
  wrapComponents: {
    operations: (Operations, { React, layoutSelectors, specSelectors }) =>
      function FoundOperations(properties) {
        const phrase = layoutSelectors.currentFilter();
        if (typeof phrase === "string" && specSelectors.taggedOperations().size === 0) {
          return React.createElement(
            "p",
            { className: "nothing-found", role: "status" },
            `No operation matches “${phrase}”.`,
          );
        }
        return React.createElement(Operations, properties);
      },
  },
};
