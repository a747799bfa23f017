// Live state of a run or a document: the service tells what changed, and the page follows without being loaded anew.
// Without this script the page loads itself again every few seconds until everything is final.
const progress = document.getElementById("progress");

/** Show what the service said. */
function show(news) {
  const bar = document.getElementById("bar");
  if (bar && news.done !== undefined) {
    bar.value = news.done;
    document.getElementById("count").textContent = news.count;
    document.getElementById("run-state").textContent = news.word;
  }
  for (const stage of progress.querySelectorAll("[data-stage]")) {
    if (stage.dataset.stage === news.stage) stage.setAttribute("aria-current", "step");
    else stage.removeAttribute("aria-current");
  }
}

if (progress) {
  const first = progress.dataset.state;
  const source = new EventSource(progress.dataset.events);
  source.addEventListener("message", (event) => {
    const news = JSON.parse(event.data);
    show(news);
    // Another state has other parts: the result files, a status without "on its way".
    if (first === "issuing" && news.state !== first) {
      source.close();
      location.reload();
    }
  });
  source.addEventListener("over", () => {
    source.close();
    if (document.querySelector("[data-pending]")) location.reload();
    progress.dataset.state = "final";
  });
}
