// Before the first paint: that scripts run, and the colours this person chose.
(() => {
  const root = document.documentElement;
  root.className = "js";
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  } catch { /* storage shut off: the system's colours stay */ }
})();
