// The page works without this; with it, it is quicker to use.
"use strict";
const tabs = [...document.querySelectorAll("input[name=tab]")];
function show(step) {
  if (tabs[step]) {
    tabs[step].checked = true;
    history.replaceState(null, "", "#tab" + step);
  }
}
const wanted = /^#tab([0-4])$/.exec(location.hash);
if (wanted) show(+wanted[1]);
for (const [step, tab] of tabs.entries())
  tab.addEventListener("change", () => show(step));
// 0 to 4 change the picture from anywhere: for who stands at a projector.
addEventListener("keydown", event => {
  if (/^[0-4]$/.test(event.key) && !event.ctrlKey && !event.altKey &&
      !event.metaKey && !/^(text|search)$/.test(event.target.type || ""))
    show(+event.key);
});
// Search the policy.
const search = document.getElementById("search");
const found = document.getElementById("found");
document.getElementById("searching").hidden = false;
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of document.querySelectorAll("#policy tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every(word => text.includes(word));
    count += !row.hidden;
  }
  found.textContent = words.length ? count + " rules" : "";
});
// All of an attack's evidence is in closed groups: open what is linked to.
document.getElementById("open").hidden = false;
document.getElementById("open").addEventListener("click", event => {
  const groups = [...document.querySelectorAll("#attacks details.group")];
  const open = groups.some(group => !group.open);
  for (const group of groups) group.open = open;
  event.target.textContent = open ? "Close all groups" : "Open all groups";
});
