/**
 * The part of Swagger UI that this page uses; the package itself has no types.
 * Groups and operations are Immutable.js collections.
 */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  import type { ComponentType, createElement } from "react";

  export interface Operation {
    get(field: "method" | "path"): string;
    getIn(path: ["operation", "summary" | "operationId"]): string | undefined;
  }

  interface Operations {
    readonly size: number;
    filter(keep: (operation: Operation) => boolean): Operations;
  }

  interface OperationGroup {
    get(field: "operations"): Operations;
    set(field: "operations", operations: Operations): OperationGroup;
  }

  export interface OperationGroups {
    readonly size: number;
    map(change: (group: OperationGroup, name: string) => OperationGroup): OperationGroups;
    filter(keep: (group: OperationGroup) => boolean): OperationGroups;
  }

  interface System {
    React: { createElement: typeof createElement };
    layoutActions: { updateFilter(phrase: string | false): void };
    layoutSelectors: { currentFilter(): string | boolean | null };
    specSelectors: { taggedOperations(): OperationGroups };
  }

  export interface Plugin {
    fn: { opsFilter: (groups: OperationGroups, phrase: string) => OperationGroups };
    components: Record<string, ComponentType>;
    wrapComponents: Record<string, (original: ComponentType, system: System) => ComponentType>;
  }

  interface Options {
    domNode: HTMLElement;
    url: string;
    deepLinking: boolean;
    displayRequestDuration: boolean;
    docExpansion: "list" | "full" | "none";
    defaultModelsExpandDepth: number;
    tryItOutEnabled: boolean;
    persistAuthorization: boolean;
    validatorUrl: null;
    plugins: Plugin[];
  }

  export default function SwaggerUI(options: Options): { getSystem(): System };
}
