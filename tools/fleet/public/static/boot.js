/* For browsers too old for the page's script: they are sent to the plain page, which the centre draws. ES5 only. */
(function () {
  setTimeout(function () {
    if (!window.SXC || !window.SXC.started) location.replace("?plain");
  }, 4000);
})();
