// A page of ours in a frame on the business's own site: tells the page around it
// how high it is. The Content-Security-Policy lets allowed sites alone be that
// page, and the message names it, so nobody else gets one.
const parent = (() => {
  const named = location.ancestorOrigins?.[0] || (document.referrer && new URL(document.referrer).origin);
  try { // the second page in the frame has the first as its referrer
    if (named && named !== location.origin) sessionStorage.setItem("assent-parent", named);
    return named && named !== location.origin ? named : sessionStorage.getItem("assent-parent");
  } catch {
    return named !== location.origin ? named : null;
  }
})();

if (parent && window.parent !== window) {
  let told = 0;
  const tell = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    window.parent.postMessage({ assent: "height", height }, parent);
  };
  new ResizeObserver(tell).observe(document.body);
  tell();
}
