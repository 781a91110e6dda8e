// Marks the section being read in the contents, and brings today, or the treatment, into view on a narrow
// time line. The pages work without it.
"use strict";
for (const line of document.querySelectorAll("svg.timeline")) {
  const place = line.querySelector(".today") || line.querySelector(".given");
  if (place) line.parentElement.scrollLeft = place.getBoundingClientRect().left - window.innerWidth / 2;
}
const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
if (links.size && "IntersectionObserver" in window) {
  const seen = new Set();
  const mark = () => {
    const first = [...links.keys()].find((id) => seen.has(id));
    for (const [id, link] of links) {
      if (id === first) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) entry.isIntersecting ? seen.add(entry.target.id) : seen.delete(entry.target.id);
    mark();
  }, { rootMargin: "-10% 0px -60% 0px" });
  for (const section of document.querySelectorAll(".sections > section")) watch.observe(section);
}
