// The interactive documentation, from files that this service serves itself.
"use strict";
window.SwaggerUIBundle({
  dom_id: "#documentation",
  url: document.getElementById("documentation").dataset.document,
  deepLinking: true,
  validatorUrl: null,
});
