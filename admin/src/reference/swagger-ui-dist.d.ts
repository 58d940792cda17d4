/** The part of Swagger UI that this page uses; the package itself has no types. Groups and operations are Immutable.js collections. */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
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
    map(change: (group: OperationGroup, name: string) => OperationGroup): OperationGroups;
    filter(keep: (group: OperationGroup) => boolean): OperationGroups;
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
    plugins: { fn: { opsFilter: (groups: OperationGroups, phrase: string) => OperationGroups } }[];
  }

  interface System {
    layoutActions: { updateFilter(phrase: string | false): void };
  }

  export default function SwaggerUI(options: Options): { getSystem(): System };
}
