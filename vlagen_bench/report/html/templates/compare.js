for (const button of document.querySelectorAll("button.together"))
  button.addEventListener("click", () => {
    for (const film of button.parentElement.querySelectorAll("video")) {
      film.currentTime = 0;
      film.play();
    }
  });
