# Images that are built here. `python -m ops image` sets the variables from the settings and settings/releases.yaml;
# `python -m ops image --print` shows them.

# Airflow's published image.
variable "BASE_IMAGE" {}

# The version that is in it.
variable "AIRFLOW_VERSION" {}

# What the result is called.
variable "IMAGE" {}

# Folder of the file of requirements.
variable "REQUIREMENTS_FOLDER" {}

# Its name in that folder.
variable "REQUIREMENTS_FILE" {}

group "default" {
  targets = ["airflow"]
}

target "airflow" {
  context    = "docker/airflow"
  dockerfile = "Dockerfile"
  contexts = {
    requirements = REQUIREMENTS_FOLDER
  }
  # Every node is Graviton.
  platforms = ["linux/arm64"]
  args = {
    BASE_IMAGE        = BASE_IMAGE
    AIRFLOW_VERSION   = AIRFLOW_VERSION
    REQUIREMENTS_FILE = REQUIREMENTS_FILE
  }
  tags = [IMAGE]
}
