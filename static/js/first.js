/* The one script inside a page: it lets fonts and the other scripts wait until something is painted.
   A browser that knows modules leaves "nomodule" scripts alone, so they are put in here; an older one takes them itself. */
(function (doc, root) {
  /* Whoever comes from another page of ours has the fonts at hand, and sees no other first. */
  if (doc.referrer.indexOf(location.origin + "/")) root.className = "late";
  function settle() { root.className = ""; }
  function go() {
    /* Both at once, so that the page is laid out anew only once. */
    Promise.all([doc.fonts.load("1em Sans1"), doc.fonts.load("1em Serif1")]).then(settle, settle);
    doc.querySelectorAll("script[nomodule]").forEach(function (held) {
      var script = doc.createElement("script");
      script.async = false;
      script.integrity = held.integrity;
      script.src = held.src;
      if (held.noModule) held.replaceWith(script);
    });
  }
  addEventListener("load", function () {
    setTimeout(go, 2000); /* where nothing tells of the paint */
    new PerformanceObserver(go).observe({ type: "paint", buffered: true });
  });
})(document, document.documentElement);
