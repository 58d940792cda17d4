import type { Operation, OperationGroups } from "swagger-ui-dist/swagger-ui-es-bundle.js";

/**
 * Swagger UI's own filter knows tags and paths. This one finds an operation when every word of the phrase is somewhere in its
 * group, method, path, summary or id, so `get tickets` and `magic link` lead somewhere.
 */
export function searchOperations(groups: OperationGroups, phrase: string): OperationGroups {
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
