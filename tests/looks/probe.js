// What axe cannot see, asked of a page as it stands; each function answers a list of faults in words.
(() => {
  const name = (element) => {
    const words = (element.innerText || element.getAttribute("aria-label") || element.id || "").trim().slice(0, 40);
    return `<${element.tagName.toLowerCase()}> ${words}`;
  };
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);

  const spacing = new CSSStyleSheet();
  spacing.replaceSync(
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }"
    + "p { margin-bottom: 2em !important; }",
  );

  window.probe = {
    sideways() {
      const wide = document.documentElement.scrollWidth;
      if (wide <= innerWidth) return [];
      const out = all("body *").find((element) => element.getBoundingClientRect().right > innerWidth + 1
        && !element.closest(".wide"));
      return [`${wide} px wide in ${innerWidth}: ${out ? name(out) : "?"}`];
    },
    cut() {
      return all("button, .button, h1, h2, h3, .badge, .tone, th, .mark").filter(
        (element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline",
      ).map((element) => `cut: ${name(element)}`);
    },
    targets() {
      const selector = "button, select, textarea, summary, .button, .quiet, header a, footer a, label.choice, "
        + "input:not([type=hidden]):not([type=checkbox]):not([type=radio])";
      return all(selector).map((element) => [element, element.getBoundingClientRect()])
        .filter(([, box]) => box.width < 43.9 || box.height < 43.9)
        .map(([element, box]) => `${Math.round(box.width)} x ${Math.round(box.height)}: ${name(element)}`);
    },
    bare() {
      return all("button, .button, .quiet, .verdict, .card, .shape, .badge").filter((element) => {
        const style = getComputedStyle(element);
        return ["Top", "Right", "Bottom", "Left"].every((side) => parseFloat(style[`border${side}Width`]) === 0);
      }).map((element) => `no border in forced colours: ${name(element)}`);
    },
    folds() {
      return all("details:not([open])").filter(
        (element) => element.getBoundingClientRect().height < 1.5 * element.querySelector("summary").getBoundingClientRect().height,
      ).map((element) => `stays folded: ${name(element)}`);
    },
    result(acted) {
      const found = [...document.querySelectorAll("[data-verdict]")];
      if (found.length !== 1) return [`${found.length} verdicts`];
      const faults = [];
      const begins = document.title.split(":")[0];
      const heading = found[0].querySelector("h1");
      if (!found[0].innerText.includes(begins)) faults.push(`the title begins with ${begins}`);
      if (document.querySelectorAll("h1").length !== 1 && !acted) faults.push("more than one h1");
      if (acted && document.activeElement !== heading) faults.push("the focus is not on the sentence");
      return faults;
    },
    larger(on) { document.documentElement.style.fontSize = on ? "200%" : ""; },
    spaced(on) { document.adoptedStyleSheets = on ? [spacing] : []; },
  };
})();
