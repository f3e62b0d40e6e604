// The clock of a pitch: counts down what is left of the turn, second by second.
(() => {
  window.doorstep.behaviour("pitch-clock", (clock) => {
    const until = performance.now() + Number(clock.dataset.left) * 1000;
    const over = clock.dataset.over;
    const show = () => {
      const left = Math.max(0, Math.round((until - performance.now()) / 1000));
      clock.textContent = left ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : over;
      if (!left) clearInterval(ticking);
    };
    const ticking = setInterval(show, 500);
    show();
  });
})();
