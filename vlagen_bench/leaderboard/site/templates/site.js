// Boards show means first, and kinds of entries and of columns as chosen; without this, everything at once.
for (const controls of document.querySelectorAll("[data-board]")) {
  const table = document.getElementById(controls.dataset.board);
  const choices = {
    kind: (kind) => (table.dataset.only = kind),
    shelf: (shelf) => {
      for (const cell of table.querySelectorAll("[data-shelf]"))
        cell.hidden = shelf !== "" && cell.dataset.shelf !== shelf;
    },
  };
  for (const select of controls.querySelectorAll("select")) {
    const choose = () => choices[select.dataset.choose](select.value);
    select.addEventListener("change", choose);
    choose();
  }
  controls.hidden = false;
}
