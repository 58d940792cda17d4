/** The search box, the current category in the contents, and buttons that copy samples. Without them all can be read. */

const search = document.querySelector("#search");
const articles = [...document.querySelectorAll("main article")];
const groups = [...document.querySelectorAll("main .group")];
const contents = document.querySelector(".contents");

document.documentElement.classList.add("scripted");

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const article of articles) {
    const text = article.dataset.words.toLowerCase();
    article.hidden = !words.every((word) => text.includes(word));
    contents.querySelector(`[data-endpoint="${article.id}"]`).hidden = article.hidden;
    found += article.hidden ? 0 : 1;
  }
  for (const group of groups) {
    group.hidden = !group.querySelector("article:not([hidden])");
    contents.querySelector(`[data-category="${group.id}"]`).hidden = group.hidden;
  }
  document.documentElement.classList.toggle("searching", words.length > 0);
  document.querySelector("#top").hidden = words.length > 0;
  document.querySelector("#nothing").hidden = found > 0;
  document.querySelector("#found").textContent = words.length ? `${found} of ${articles.length} operations` : "";
}

search.addEventListener("input", () => {
  filter();
  window.scrollTo({ top: 0 });
});

document.addEventListener("keydown", (event) => {
  const writing = event.target.matches("input, textarea, select");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && event.target === search) {
    search.value = "";
    filter();
  }
});

/** A link to what the search hides ends the search. */
window.addEventListener("hashchange", () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.closest("[hidden]")) {
    search.value = "";
    filter();
    target.scrollIntoView();
  }
});

const spy = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const entry = contents.querySelector(`[data-category="${target.id}"]`);
      entry.classList.toggle("current", isIntersecting);
      if (isIntersecting) {
        contents.scrollTo({ left: entry.offsetLeft - 16, top: entry.offsetTop - 80 });
      }
    }
  },
  { rootMargin: "-20% 0px -79% 0px" },
);
groups.forEach((group) => spy.observe(group));

if (navigator.clipboard) {
  for (const caption of document.querySelectorAll("figcaption")) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy: ${caption.textContent}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(caption.nextElementSibling.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    caption.append(button);
  }
}

filter();
