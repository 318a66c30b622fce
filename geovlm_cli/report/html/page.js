"use strict";
for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;

const theme = document.getElementById("theme");
theme.addEventListener("change", () => {
  if (theme.value) document.documentElement.dataset.theme = theme.value;
  else delete document.documentElement.dataset.theme;
});

const form = document.querySelector(".filters");
const gallery = document.getElementById("cards");
const cards = [...gallery.children];

function fits(card) {
  const { task, reason, slice } = form.elements;
  const slices = [...card.getElementsByClassName("slice")].map((part) => part.value);
  return (
    (!task.value || card.dataset.task === task.value) &&
    (!reason.value || card.dataset.reason === reason.value) &&
    (!slice.value || slices.includes(slice.value))
  );
}

function show() {
  for (const card of cards) card.hidden = !fits(card);
  document.getElementById("count").textContent = `${cards.filter((card) => !card.hidden).length} shown`;
  gallery.classList.toggle("no-truth", !form.elements.truth.checked);
  gallery.classList.toggle("no-answer", !form.elements.answer.checked);
  gallery.classList.toggle("large", form.elements.large.checked);
}

form.addEventListener("change", show);
form.addEventListener("submit", (event) => event.preventDefault());
show();
