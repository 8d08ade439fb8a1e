/* Finds blobs, and gives each a label. */
#define _GNU_SOURCE
#include "plugin.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char suffix[] = ".sluice";

/* The label of a file: its name without the suffix, and '_' in place of what a label may not hold. NULL for others. */
static char *label_of(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  size_t length = strlen(name), rest = sizeof suffix - 1;
  if (length <= rest || strcmp(name + length - rest, suffix) != 0) return NULL;
  char *label = strndup(name, length - rest);
  for (char *at = label; at && *at; at++)
    if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *at)) *at = '_';
  return label;
}

/* Whether a file is a blob for a plugin, whose shape is then known; else it is said why not. */
static bool is_usable(const plugin_catalogue *catalogue, const char *path, plugin_blob *blob) {
  sluice_model_t *model = NULL;
  sluice_error error;
  const char *reason;
  for (size_t i = 0; i < catalogue->count; i++)
    if (strcmp(catalogue->blobs[i].label, blob->label) == 0) {
      plugin_say("%s: skipped; %s has the same label", path, catalogue->blobs[i].path);
      return false;
    }
  if (sluice_open_file(path, NULL, &model, &error)) {
    plugin_say("%s: skipped; %s", path, error.message);
    return false;
  }
  blob->shape = shape_of(model, &reason);
  sluice_close(model);
  if (blob->shape.kind == kind_none) plugin_say("%s: skipped; %s", path, reason);
  return blob->shape.kind != kind_none;
}

static void add(plugin_catalogue *catalogue, const char *path) {
  plugin_blob blob = {.label = label_of(path)};
  if (blob.label && is_usable(catalogue, path, &blob)) {
    blob.path = strdup(path);
    if (asprintf(&blob.name, "Sluice: %s", blob.label) < 0) blob.name = NULL;
    plugin_blob *blobs = realloc(catalogue->blobs, (catalogue->count + 1) * sizeof *blobs);
    if (blobs) catalogue->blobs = blobs;
    if (blobs && blob.path && blob.name) {
      blobs[catalogue->count++] = blob;
      return;
    }
    plugin_say("%s: skipped; memory ran out", path);
  }
  free(blob.path), free(blob.name), free(blob.label);
}

/* Adds a file, or those of a folder in the order of their names. */
static void add_all(plugin_catalogue *catalogue, const char *path) {
  struct stat status;
  struct dirent **entries;
  char *file;
  if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode)) {
    add(catalogue, path);
    return;
  }
  int count = scandir(path, &entries, NULL, alphasort);
  if (count < 0) {
    plugin_say("%s: there is no such folder, or it cannot be read", path);
    return;
  }
  for (int i = 0; i < count; free(entries[i++]))
    if (asprintf(&file, "%s/%s", path, entries[i]->d_name) >= 0) add(catalogue, file), free(file);
  free(entries);
}

static int by_label(const void *a, const void *b) {
  return strcmp(((const plugin_blob *)a)->label, ((const plugin_blob *)b)->label);
}

void catalogue_fill(plugin_catalogue *catalogue) {
  const char *said = secure_getenv("SLUICE_MODELS");
  Dl_info info;
  char *paths = NULL, *rest, *path;
  if (said && *said) {
    paths = strdup(said);
    for (path = paths ? strtok_r(paths, ":", &rest) : NULL; path; path = strtok_r(NULL, ":", &rest))
      add_all(catalogue, path);
  } else if (dladdr(suffix, &info) && (paths = strdup(info.dli_fname))) {
    char *slash = strrchr(paths, '/');
    if (slash) *slash = 0;
    add_all(catalogue, slash ? *paths ? paths : "/" : ".");
  }
  free(paths);
  if (catalogue->count > 0) qsort(catalogue->blobs, catalogue->count, sizeof *catalogue->blobs, by_label);
}

void catalogue_empty(plugin_catalogue *catalogue) {
  for (size_t i = 0; i < catalogue->count; i++) {
    plugin_blob *blob = &catalogue->blobs[i];
    free(blob->path), free(blob->label), free(blob->name);
  }
  free(catalogue->blobs);
  *catalogue = (plugin_catalogue){0};
}
