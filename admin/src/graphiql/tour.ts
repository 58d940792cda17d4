/** What the first tab shows to somebody who has never been here. */
export const TOUR = `# Welcome. Press the ▶ button, or Ctrl+Enter (⌘+Enter), to run this query.
#
#   Ctrl+Space   what can be written here
#   ⇧ Ctrl+P     tidy the query up
#   the book     every type and field, with its description
#
# The query runs as you: your role decides what comes back.
# Variables and extra headers have their own tabs below.

query Tour {
  # Who is signed in
  me {
    email
    role
  }

  # Every list is a page: ask for the next one with \`after: endCursor\`
  apps(first: 5) {
    nodes {
      id
      name
    }
  }
}
`;
