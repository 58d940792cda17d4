// Apollo Server with the official driver, set up as its documentation says: `node server.mjs PORT URL DATABASE KIND`.
//
// It asks the database what All Over Apps asks for the same query: who calls, the app, the page, and what the page's
// items name, in batches. It checks no signature, no role, no limit and no cost. With the kind `memory` it asks once.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import DataLoader from "dataloader";
import { GraphQLScalarType } from "graphql";
import { MongoClient, ObjectId } from "mongodb";

const [port, url, database, kind] = process.argv.slice(2);

const typeDefs = `
  scalar DateTime
  enum ShopStatus { ACTIVE INACTIVE UNINSTALLED REDACTED }
  enum TicketStatus { NEW OPEN PENDING ON_HOLD RESOLVED CLOSED }
  enum TicketPriority { LOW MEDIUM HIGH URGENT }
  type App { id: ID! name: String! }
  type Shop { id: ID! domain: String! name: String email: String country: String status: ShopStatus!
    installedAt: DateTime createdAt: DateTime! }
  type Ticket { id: ID! number: Int! subject: String! status: TicketStatus! priority: TicketPriority!
    createdAt: DateTime! app: App shop: Shop }
  type ShopConnection { nodes: [Shop!]! }
  type TicketConnection { nodes: [Ticket!]! }
  type Query { shops(appId: ID!, first: Int): ShopConnection! tickets(first: Int): TicketConnection! }
`;

const client = await MongoClient.connect(url);
const db = client.db(database);

const remembered = new Map();
const once = (name, read) => {
  if (kind !== "memory") return read();
  if (!remembered.has(name)) remembered.set(name, read());
  return remembered.get(name);
};
const page = (collection, filter, first) =>
  db
    .collection(collection)
    .find(filter)
    .sort({ createdAt: 1, _id: 1 })
    .limit(first + 1)
    .toArray()
    .then((found) => found.slice(0, first));

const loaders = () => ({
  apps: new DataLoader((ids) =>
    once("apps", async () => {
      const found = await db
        .collection("apps")
        .find({ _id: { $in: [...ids] } })
        .toArray();
      const byId = new Map(found.map((app) => [app._id, app]));
      return ids.map((id) => byId.get(id));
    }),
  ),
  shops: new DataLoader(
    (keys) =>
      once("shops of tickets", async () => {
        const domains = keys.map(([, domain]) => domain);
        const found = await db
          .collection("shops")
          .find({ appId: { $in: [...new Set(keys.map(([app]) => app))] }, domain: { $in: domains } })
          .toArray();
        const byKey = new Map(found.map((shop) => [`${shop.appId} ${shop.domain}`, shop]));
        return keys.map(([app, domain]) => byKey.get(`${app} ${domain}`));
      }),
    { cacheKeyFn: (key) => key.join(" ") },
  ),
});

const id = ({ _id }) => _id.toString();
const upper = (field) => (item) => item[field].toUpperCase();
const resolvers = {
  DateTime: new GraphQLScalarType({ name: "DateTime", serialize: (moment) => moment.toISOString() }),
  Query: {
    async shops(_, { appId, first }) {
      const app = await once("app", () => db.collection("apps").findOne({ _id: appId }));
      if (!app) throw new Error("Unknown app");
      return { nodes: await once("shops", () => page("shops", { appId }, first)) };
    },
    async tickets(_, { first }) {
      return { nodes: await once("tickets", () => page("tickets", {}, first)) };
    },
  },
  App: { id },
  Shop: { id, status: upper("status") },
  Ticket: {
    id,
    status: upper("status"),
    priority: upper("priority"),
    app: (ticket, _, { loaders }) => loaders.apps.load(ticket.appId),
    shop: (ticket, _, { loaders }) => loaders.shops.load([ticket.appId, ticket.shopDomain]),
  },
};

const server = new ApolloServer({ typeDefs, resolvers, introspection: false });
await startStandaloneServer(server, {
  listen: { host: "127.0.0.1", port: Number(port) },
  context: async ({ req }) => {
    const caller = new ObjectId(req.headers["x-user"]);
    if (!(await once("user", () => db.collection("users").findOne({ _id: caller })))) throw new Error("Unknown user");
    return { loaders: loaders() };
  },
});
