/** What the first tab shows to a newcomer. The lines are short because the editor does not wrap them. */
export const TOUR = `# Welcome. Run this with ▶ or Ctrl+Enter.
#
#  Ctrl+Space    what can be written here
#  Shift+Ctrl+P  tidy the query up
#  Docs, on the left: every type and field
#
# It runs as you: your role decides what
# comes back. Variables and further headers
# have their tabs below.

query Tour {
  # Who is signed in
  me {
    email
    role
  }

  # Every list is a page: ask for the next
  # one with \`after: <endCursor>\`
  apps(first: 5) {
    nodes {
      id
      name
    }
  }

  # The same shop in all the apps is one
  # merchant
  merchants(first: 3) {
    nodes {
      name
      installedApps {
        name
      }
      monthlyRevenue {
        amount
        currencyCode
      }
    }
  }
}
`;
