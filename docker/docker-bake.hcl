# Images that are built here, each for arm64, because every node is Graviton. `python -m ops image` sets the variables
# from the settings and settings/releases.yaml, and names the targets; `python -m ops image --print` shows both.
#
# What ends in _BASE is built on, what ends in _IMAGE is what the result is called.

variable "AIRFLOW_BASE" {}
variable "AIRFLOW_VERSION" {}
variable "AIRFLOW_IMAGE" {}
# Folder of the file of requirements, and the file's name.
variable "REQUIREMENTS_FOLDER" {}
variable "REQUIREMENTS_FILE" {}

variable "DEBIAN_BASE" {}
variable "PGBOUNCER_VERSION" {}
variable "PGBOUNCER_SOURCE" {}
variable "PGBOUNCER_CHECKSUM" {}
variable "PGBOUNCER_IMAGE" {}

variable "GIT_SYNC_BASE" {}
variable "GIT_SYNC_VERSION" {}
variable "GIT_SYNC_IMAGE" {}

variable "GOLANG_BASE" {}
variable "DISTROLESS_STATIC_BASE" {}
variable "KEDA_VERSION" {}
variable "KEDA_SOURCE" {}
variable "KEDA_CHECKSUM" {}
variable "KEDA_PROXY" {}
variable "KEDA_IMAGE" {}
variable "KEDA_METRICS_APISERVER_IMAGE" {}
variable "KEDA_ADMISSION_WEBHOOKS_IMAGE" {}

group "default" {
  targets = ["airflow", "pgbouncer", "git-sync", "keda", "keda-metrics-apiserver", "keda-admission-webhooks"]
}

target "arm64" {
  platforms = ["linux/arm64"]
}

target "airflow" {
  inherits = ["arm64"]
  context  = "docker/airflow"
  contexts = {
    requirements = REQUIREMENTS_FOLDER
  }
  args = {
    BASE_IMAGE        = AIRFLOW_BASE
    AIRFLOW_VERSION   = AIRFLOW_VERSION
    REQUIREMENTS_FILE = REQUIREMENTS_FILE
  }
  tags = [AIRFLOW_IMAGE]
}

target "pgbouncer" {
  inherits = ["arm64"]
  context  = "docker/pgbouncer"
  args = {
    DEBIAN_BASE        = DEBIAN_BASE
    PGBOUNCER_VERSION  = PGBOUNCER_VERSION
    PGBOUNCER_SOURCE   = PGBOUNCER_SOURCE
    PGBOUNCER_CHECKSUM = PGBOUNCER_CHECKSUM
  }
  tags = [PGBOUNCER_IMAGE]
}

target "git-sync" {
  inherits = ["arm64"]
  context  = "docker/git-sync"
  contexts = {
    askpass = "charts/airflow"
  }
  args = {
    DEBIAN_BASE      = DEBIAN_BASE
    GIT_SYNC_BASE    = GIT_SYNC_BASE
    GIT_SYNC_VERSION = GIT_SYNC_VERSION
  }
  tags = [GIT_SYNC_IMAGE]
}

target "keda-source" {
  inherits = ["arm64"]
  context  = "docker/keda"
  args = {
    GOLANG_BASE            = GOLANG_BASE
    DISTROLESS_STATIC_BASE = DISTROLESS_STATIC_BASE
    KEDA_VERSION           = KEDA_VERSION
    KEDA_SOURCE            = KEDA_SOURCE
    KEDA_CHECKSUM          = KEDA_CHECKSUM
    KEDA_PROXY             = KEDA_PROXY
  }
}

target "keda" {
  inherits = ["keda-source"]
  target   = "keda"
  tags     = [KEDA_IMAGE]
}

target "keda-metrics-apiserver" {
  inherits = ["keda-source"]
  target   = "keda-metrics-apiserver"
  tags     = [KEDA_METRICS_APISERVER_IMAGE]
}

target "keda-admission-webhooks" {
  inherits = ["keda-source"]
  target   = "keda-admission-webhooks"
  tags     = [KEDA_ADMISSION_WEBHOOKS_IMAGE]
}
